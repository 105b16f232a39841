// The bounds of a policy, as definitions and launches are checked against them.
export { findPolicyErrors } from '../model/policy.ts';
