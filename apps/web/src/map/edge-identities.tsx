/** Who proved to be whom at the two ends of an edge, and for how long the proof holds. */
import type { CertificateSummary, EdgeDetail } from '@heddle/schema';
import { Fragment, type ReactNode } from 'react';
import { inline, percent } from '../format/number.ts';
import { span } from '../format/time.ts';
import { Icon } from '../ui/icon.tsx';
import { Section } from '../ui/panel.tsx';
import { useNow } from '../ui/use-now.ts';
import { mtlsOf } from './model/encode.ts';

export function EdgeIdentities({ detail }: { detail: EdgeDetail }) {
  const { edge } = detail;
  const mtls = mtlsOf(edge);
  return (
    <Section
      title="Identity"
      note={
        <span className={mtls === 'full' ? '' : 'state-degraded'}>
          <Icon name={mtls === 'full' ? 'lock' : 'unlock'} size={12} />{' '}
          {edge.n === 0
            ? 'no requests'
            : mtls === 'plaintext'
              ? 'plaintext'
              : `${inline(percent(edge.mtlsRatio))} mTLS`}
          {detail.tlsVersion !== null && `, ${detail.tlsVersion}`}
        </span>
      }
    >
      <ol className="identities">
        <Identity id={edge.sourceId} certificate={detail.sourceCertificate} side="caller" />
        <Identity id={edge.targetId} certificate={detail.targetCertificate} side="called" />
      </ol>
    </Section>
  );
}

function Identity({
  id,
  certificate,
  side,
}: {
  id: string | null;
  certificate: CertificateSummary | null;
  side: string;
}) {
  const now = useNow(10_000);
  const left = certificate === null ? null : Date.parse(certificate.notAfter) - now;
  return (
    <li>
      <code className={id === null ? 'faint' : ''}>
        {id === null ? `no identity proved by the ${side}` : breakable(id)}
      </code>
      {left !== null && (
        <span
          className={left < 300_000 ? 'state-degraded' : 'faint'}
          title={`serial ${certificate?.serial ?? ''}`}
        >
          cert {left > 0 ? span(left) : 'expired'}
        </span>
      )}
    </li>
  );
}

/** An id may break after a slash, not within a name. */
function breakable(id: string): ReactNode {
  return id.split(/(?<=\w\/)/).map((part) => (
    <Fragment key={part}>
      {part}
      <wbr />
    </Fragment>
  ));
}
