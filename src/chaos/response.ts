// What `response_data` does to a handler's result in the reply. Pure.

/**
 * `data` over `result`, key by key and not deeper. Nothing (null, undefined) becomes `data` alone;
 * a result that is no plain object (text, number, list, date) is kept as `result` beside it.
 */
export function mergeResponse(result: unknown, data: Readonly<Record<string, unknown>>): Record<string, unknown> {
  if (result === null || result === undefined) return { ...data };
  return isDocument(result) ? { ...result, ...data } : { result, ...data };
}

/** Whether JSON would write it as an object of its own keys. */
function isDocument(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !('toJSON' in value);
}
