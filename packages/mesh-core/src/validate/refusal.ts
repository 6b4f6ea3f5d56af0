import type { Finding } from '@heddle/schema';

/**
 * Errors of documents that contend with each other, and of patches that are not heard. The mesh has a rule for what happens, as
 * Istio has: they are told, and the documents load.
 */
const contentions: ReadonlySet<string> = new Set([
  'IST0109',
  'IST0110',
  'IST0111',
  'IST0145',
  'IST0149',
  'IST0152',
  'IST0153',
  'IST0154',
  'IST0159',
  'IST0160',
  'IST0161',
  'KIA0002',
  'KIA0003',
  'KIA0207',
  'KIA0208',
  'KIA0505',
  'KIA0506',
]);

/** Whether a document with this finding is not taken. */
export function isRefused({ severity, code }: Pick<Finding, 'severity' | 'code'>): boolean {
  return severity === 'error' && !contentions.has(code);
}
