// The business rule fault: the command fails at once, and its process compensates.

import { BusinessRuleError } from '../../model/errors.ts';
import { thrownFault } from './thrown.ts';

export const businessRuleFault = thrownFault({
  name: 'business_rule',
  field: 'fail_business_rule_pct',
  order: 3,
  results_in: 'business_rule',
  error: BusinessRuleError,
  code: 'CHAOS_BUSINESS_RULE',
  message: 'Chaos: a business rule said no.',
});
