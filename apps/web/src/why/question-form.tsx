/** The request or connection, open to edits. Each edit is answered once typing rests. */
import { useId } from 'react';
import { Segmented } from '../ui/segmented.tsx';
import {
  isConnection,
  type Known,
  type Protocol,
  protocols,
  type Question,
  withProtocol,
} from './model/question.ts';

export interface QuestionFormProps {
  readonly question: Question;
  readonly known: Known;
  readonly flaw: string | null;
  readonly onChange: (question: Question) => void;
  /** null while it stands as it was put in. */
  readonly onReset: (() => void) | null;
}

const protocolNames: Readonly<Record<Protocol, string>> = {
  http: 'HTTP',
  grpc: 'gRPC',
  tcp: 'TCP',
  tls: 'TLS',
};
const protocolOptions = protocols.map((value) => ({ value, label: protocolNames[value] }));

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'];

export function QuestionForm({ question, known, flaw, onChange, onReset }: QuestionFormProps) {
  const id = useId();
  const field = (key: Exclude<keyof Question, 'protocol'>) => ({
    value: question[key],
    autoComplete: 'off',
    spellCheck: false,
    onChange: ({ currentTarget }: { currentTarget: { value: string } }) =>
      onChange({ ...question, [key]: currentTarget.value }),
  });
  const { protocol } = question;
  const isGrpc = protocol === 'grpc';
  return (
    <form className="why-form" aria-label="Request" onSubmit={(event) => event.preventDefault()}>
      <div className="why-protocol">
        <Segmented
          label="Protocol"
          options={protocolOptions}
          value={protocol}
          onChange={(next) => onChange(withProtocol(question, next, known))}
        />
        {onReset !== null && (
          <button type="button" className="text-link small" onClick={onReset}>
            As it was
          </button>
        )}
      </div>
      {!isConnection(question) && (
        <>
          {!isGrpc && (
            <label className="why-field is-method">
              <span>Method</span>
              <input {...field('method')} list={`${id}methods`} maxLength={32} />
            </label>
          )}
          <label className={`why-field ${isGrpc ? 'is-whole' : 'is-path'}`}>
            <span>{isGrpc ? 'Call' : 'Path'}</span>
            <input {...field('path')} {...(isGrpc ? { placeholder: '/package.Service/Method' } : {})} />
          </label>
        </>
      )}
      <label className="why-field is-host">
        <span>{isConnection(question) ? 'Host or address' : 'Host'}</span>
        <input {...field('host')} list={`${id}hosts`} />
      </label>
      <label className="why-field is-port">
        <span>Port</span>
        <input {...field('port')} inputMode="numeric" />
      </label>
      <label className="why-field is-from">
        <span>Called from</span>
        <input {...field('from')} list={`${id}callers`} />
      </label>
      {protocol === 'tls' && (
        <label className="why-field is-whole">
          <span>Server name (SNI)</span>
          <input {...field('sni')} placeholder={question.host} />
        </label>
      )}
      {!isConnection(question) && (
        <label className="why-field is-whole">
          <span>{isGrpc ? 'Metadata' : 'Headers'}</span>
          <textarea
            {...field('headers')}
            rows={Math.min(6, Math.max(1, question.headers.split('\n').length))}
            placeholder="end-user: jason"
          />
        </label>
      )}
      <Options id={`${id}methods`} values={methods} />
      <Options id={`${id}hosts`} values={known.services.map((one) => one.hostname)} />
      <Options
        id={`${id}callers`}
        values={known.workloads.map(({ namespace, name }) => `${namespace}/${name}`)}
      />
      <p className="why-flaw state-failing small" role="status">
        {flaw}
      </p>
    </form>
  );
}

function Options({ id, values }: { id: string; values: readonly string[] }) {
  return (
    <datalist id={id}>
      {values.map((value) => (
        <option key={value} value={value} />
      ))}
    </datalist>
  );
}
