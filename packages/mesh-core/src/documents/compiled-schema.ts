import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

const compiled = new Map<TSchema, ReturnType<typeof Compile>>();

/** The validator of a schema; each is made once, whoever asks. */
export function validatorOf(schema: TSchema): ReturnType<typeof Compile> {
  let validator = compiled.get(schema);
  if (validator === undefined) compiled.set(schema, (validator = Compile(schema)));
  return validator;
}
