/** The request, open to edits. Each edit is answered once typing rests. */
import { useId } from 'react';
import type { Known, Question } from './model/question.ts';

export interface QuestionFormProps {
  readonly question: Question;
  readonly known: Known;
  readonly flaw: string | null;
  readonly onChange: (question: Question) => void;
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'];

export function QuestionForm({ question, known, flaw, onChange }: QuestionFormProps) {
  const id = useId();
  const field = (key: keyof Question) => ({
    value: question[key],
    onChange: ({ currentTarget }: { currentTarget: { value: string } }) =>
      onChange({ ...question, [key]: currentTarget.value }),
  });
  const callers = known.workloads.map(({ namespace, name }) => `${namespace}/${name}`);
  return (
    <form className="why-form" aria-label="Request" onSubmit={(event) => event.preventDefault()}>
      <label className="why-field is-method">
        <span>Method</span>
        <input
          {...field('method')}
          list={`${id}methods`}
          maxLength={32}
          autoComplete="off"
          spellCheck={false}
        />
      </label>
      <label className="why-field is-path">
        <span>Path</span>
        <input {...field('path')} autoComplete="off" spellCheck={false} />
      </label>
      <label className="why-field is-host">
        <span>Host</span>
        <input {...field('host')} autoComplete="off" spellCheck={false} />
      </label>
      <label className="why-field is-port">
        <span>Port</span>
        <input {...field('port')} inputMode="numeric" autoComplete="off" />
      </label>
      <label className="why-field is-from">
        <span>Called from</span>
        <input {...field('from')} list={`${id}callers`} autoComplete="off" spellCheck={false} />
      </label>
      <label className="why-field is-headers">
        <span>Headers</span>
        <textarea
          {...field('headers')}
          rows={Math.min(6, Math.max(1, question.headers.split('\n').length))}
          placeholder="end-user: jason"
          spellCheck={false}
        />
      </label>
      <datalist id={`${id}methods`}>
        {methods.map((method) => (
          <option key={method} value={method} />
        ))}
      </datalist>
      <datalist id={`${id}callers`}>
        {callers.map((caller) => (
          <option key={caller} value={caller} />
        ))}
      </datalist>
      <p className="why-flaw state-failing small" role="status">
        {flaw}
      </p>
    </form>
  );
}
