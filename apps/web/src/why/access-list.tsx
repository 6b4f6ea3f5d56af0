/** Whether those who are called let the request in, and by which policy and rule. */
import { Link } from '@tanstack/react-router';
import type { AuthorizationExplainAnswer } from '@heddle/schema';
import { documentId } from '../ui/kinds.ts';
import { Icon } from '../ui/icon.tsx';
import { Section } from '../ui/panel.tsx';
import type { Access } from './model/ask.ts';

interface AccessListProps {
  readonly access: readonly Access[];
  readonly isConnection: boolean;
}

export function AccessList({ access, isConnection }: AccessListProps) {
  if (access.length === 0) return null;
  return (
    <Section title="May it call them?" note="authorization, at the called side">
      <ul className="access">
        {byAnswer(access).map((same) => (
          <li key={same.map(({ workload }) => workload).join(' ')}>
            <AccessRow same={same} isConnection={isConnection} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** Workloads of one service mostly answer alike: then they are said once. */
function byAnswer(access: readonly Access[]): Access[][] {
  return [...Map.groupBy(access, ({ peer, answer }) => JSON.stringify([peer, answer])).values()];
}

function AccessRow({ same, isConnection }: { same: readonly Access[]; isConnection: boolean }) {
  const [first] = same;
  if (first === undefined) return null;
  const { answer, peer } = first;
  if ('error' in answer)
    return (
      <p className="state-failing">
        {answer.error.message} <code>{answer.error.code}</code>
      </p>
    );
  const denied = answer.decision === 'deny';
  return (
    <div className="access-row" data-decision={answer.decision}>
      <span className={denied ? 'state-failing' : 'soft'}>
        <Icon name={denied ? 'failing' : 'ok'} size={15} />
      </span>
      <div>
        <p>
          <b>
            {denied ? (isConnection ? 'Denied, the connection is closed,' : 'Denied') : 'Allowed'}
            {answer.status === undefined ? '' : ` with ${answer.status}`}
          </b>{' '}
          by {same.map(({ workload }) => workload).join(', ')}
        </p>
        <p className="soft small">
          as <code>{peer ?? 'a caller without identity'}</code>
        </p>
        <p className="small">
          <Linked sentence={answer.why} />
        </p>
        {answer.policy !== undefined && <PolicyLink policy={answer.policy} />}
        {answer.shadow !== undefined && (
          <p className="small state-degraded">
            Dry run: would be {answer.shadow.decision === 'deny' ? 'denied' : 'allowed'}
            {answer.shadow.policy !== undefined && (
              <>
                {' '}
                by <PolicyLink policy={answer.shadow.policy} />
              </>
            )}
          </p>
        )}
        {answer.audited && <p className="small soft">An AUDIT policy asks for it to be logged.</p>}
      </div>
    </div>
  );
}

/** Policies that the sentence names, where no single rule decides. */
function Linked({ sentence }: { sentence: string }) {
  return sentence.split(/(AuthorizationPolicy [^/\s]+\/[^\s,;:]+)/).map((part, index) => {
    const [, namespace, name] = /^AuthorizationPolicy ([^/]+)\/(.+)$/.exec(part) ?? [];
    return namespace === undefined || name === undefined ? (
      part
    ) : (
      <Link
        key={`${index} ${part}`}
        to="/documents"
        search={{ doc: documentId({ ...policyKind, namespace, name }) }}
        className="text-link"
      >
        {part}
      </Link>
    );
  });
}

const policyKind = { group: 'security.istio.io', kind: 'AuthorizationPolicy' };

function PolicyLink({ policy }: { policy: NonNullable<AuthorizationExplainAnswer['policy']> }) {
  const key = { ...policyKind, ...policy };
  return (
    <Link
      to="/documents"
      search={{ doc: documentId(key), at: `spec.rules[${policy.rule}]` }}
      className="text-link small"
    >
      AuthorizationPolicy {policy.namespace}/{policy.name} rule {policy.rule}
    </Link>
  );
}
