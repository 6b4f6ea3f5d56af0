import { expect, it } from 'vitest';
import { splitUnanswered, versionName } from './versions.ts';

const part = (version: string, workload: string) => ({ version, workload });

it('sets apart what no instance answered', () => {
  expect(splitUnanswered([part('', ''), part('v1', 'reviews-v1')])).toEqual({
    named: [part('v1', 'reviews-v1')],
    unanswered: part('', ''),
  });
});

it('keeps the one part of a service without versions, by the name of its workload', () => {
  const gateway = [part('', 'istio-ingressgateway')];
  expect(splitUnanswered(gateway)).toEqual({ named: gateway, unanswered: null });
  expect(gateway.map(versionName)).toEqual(['istio-ingressgateway']);
});
