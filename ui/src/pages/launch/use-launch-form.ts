// The form state of a launch.

import { useForm } from '@mantine/form';
import type { Batch } from '../../../../src/http/contract.ts';
import { initialValues, type LaunchContext, type LaunchValues, validateLaunch } from './form.ts';

export function useLaunchForm(context: LaunchContext, original?: Batch) {
  return useForm<LaunchValues>({
    initialValues: initialValues(context, original),
    validate: (values) => validateLaunch(values, context),
    validateInputOnBlur: true,
  });
}

export type LaunchForm = ReturnType<typeof useLaunchForm>;
