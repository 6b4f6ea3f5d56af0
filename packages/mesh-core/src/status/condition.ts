/** A Kubernetes condition, without the time of its last change: a status is computed when it is asked for. */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration: number;
}

/** Written into every status, so that readers know whose word it is. */
export const controllerName = 'heddle.dev/mesh-controller';

/** Makes conditions of one generation. */
export function conditionsOf(generation: number) {
  return (type: string, isTrue: boolean, reason: string, message: string): Condition => ({
    type,
    status: isTrue ? 'True' : 'False',
    reason,
    message,
    observedGeneration: generation,
  });
}
