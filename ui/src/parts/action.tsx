// A button of a page's head or a panel's: an icon, a label, and a hint where the label is not enough.

import { Button, type ButtonProps, Tooltip } from '@mantine/core';
import type { Icon } from '@tabler/icons-react';
import type { ComponentPropsWithoutRef } from 'react';

export interface ActionProps extends ButtonProps, Omit<ComponentPropsWithoutRef<'button'>, keyof ButtonProps> {
  icon: Icon;
  hint?: string;
  'data-testid'?: string;
}

export function Action({ icon: Icon, hint, ...props }: ActionProps) {
  const button = <Button variant="default" leftSection={<Icon size={15} aria-hidden />} {...props} />;
  return hint ? <Tooltip label={hint}>{button}</Tooltip> : button;
}
