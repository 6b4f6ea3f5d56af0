import type { Rule } from './rule.ts';

/** Weights are proportions of their sum; several that are all 0 leave nowhere to go (Istio refuses it). */
export const virtualServiceWeights: Rule = function* (world) {
  for (const document of world.documents.virtualServices) {
    const spec = document.object.spec;
    const routes = [
      ...(spec.http ?? []).map(({ route }, i) => ({ path: `spec.http[${i}].route`, route })),
      ...(spec.tcp ?? []).map(({ route }, i) => ({ path: `spec.tcp[${i}].route`, route })),
      ...(spec.tls ?? []).map(({ route }, i) => ({ path: `spec.tls[${i}].route`, route })),
    ];
    for (const { path, route } of routes) {
      if (route === undefined || route.length === 0) continue;
      const total = route.reduce((sum, { weight }) => sum + (weight ?? 0), 0);
      if (route.length > 1 && total === 0) {
        yield [
          document,
          {
            code: 'IST0106',
            severity: 'error',
            path,
            message: `the weights of ${route.length} destinations sum to 0; give at least one of them a weight above 0`,
          },
        ];
      }
      const lone = route[0]?.weight;
      if (route.length === 1 && lone !== undefined && lone !== 100) {
        yield [
          document,
          {
            code: 'KIA1104',
            severity: 'warning',
            path: `${path}[0].weight`,
            message: `weight ${lone} of a lone destination is ignored: it takes everything; remove the weight`,
          },
        ];
      }
    }
  }
};
