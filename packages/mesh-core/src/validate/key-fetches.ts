import { ruleFor } from './rule.ts';

/** An istiod that fetches keys wherever a RequestAuthentication says (IST0175). */
export const keyFetches = ruleFor('deployments', function* ({ object }, { documents }) {
  const count = documents.requestAuthentications.length;
  if (count === 0 || object.metadata.labels?.['app'] !== 'istiod') return;
  const { containers = [] } = object.spec.template.spec;
  const isRestricted = containers.some(({ env = [] }) =>
    env.some(({ name, value = '' }) => name === 'BLOCKED_CIDRS_IN_JWKS_URIS' && value !== ''),
  );
  if (isRestricted) return;
  yield {
    code: 'IST0175',
    severity: 'warning',
    path: 'spec.template.spec.containers',
    message: `${count} RequestAuthentications may name any jwksUri, and this istiod fetches from all of them; set BLOCKED_CIDRS_IN_JWKS_URIS`,
  };
});
