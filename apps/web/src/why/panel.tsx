/**
 * Why a request goes where it goes: the request as it stands in the context, open to edits, and what the proxies would do with it
 * now, rule by rule. The control plane decides by the same code as the proxies; nothing is sent.
 */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useDebouncedValue } from '@mantine/hooks';
import { type ReactNode, useEffect, useEffectEvent, useState } from 'react';
import { servicesQuery, workloadsQuery } from '../api/queries.ts';
import { Panel } from '../ui/panel.tsx';
import { Failure, Loading } from '../ui/states.tsx';
import { AccessList } from './access-list.tsx';
import { Answer } from './answer.tsx';
import { ask } from './model/ask.ts';
import {
  type Asked,
  askedOf,
  type Asking,
  askingOf,
  flawOf,
  isConnection,
  type Known,
  type Question,
  type Subject,
} from './model/question.ts';
import { QuestionForm } from './question-form.tsx';
import '../ui/page.css';
import './why.css';

export interface WhyPanelProps {
  readonly title: ReactNode;
  readonly subject: Subject;
  /** What the link asks otherwise than the subject does. */
  readonly ask: Asking | undefined;
  readonly onAsk: (ask: Asking | undefined) => void;
  readonly onClose: () => void;
}

export function WhyPanel({ title, subject, ask: asking, onAsk, onClose }: WhyPanelProps) {
  const workloads = useQuery(workloadsQuery());
  // The names and ports are wanted, not the figures: once is enough.
  const services = useQuery({ ...servicesQuery(), refetchInterval: false });
  const error = workloads.error ?? services.error;
  return (
    <Panel kind="Why" title={title} onClose={onClose} wide>
      {workloads.data !== undefined && services.data !== undefined ? (
        <Inquiry
          subject={subject}
          asking={asking}
          onAsk={onAsk}
          known={{ workloads: workloads.data.items, services: services.data.items }}
        />
      ) : error === null ? (
        <Loading what="the workloads" />
      ) : (
        <Failure error={error} what="list of workloads" retry={() => void workloads.refetch()} />
      )}
    </Panel>
  );
}

const debounceMs = 200;

interface InquiryProps {
  readonly subject: Subject;
  readonly asking: Asking | undefined;
  readonly onAsk: (ask: Asking | undefined) => void;
  readonly known: Known;
}

function Inquiry({ subject, asking, onAsk, known }: InquiryProps) {
  const [asked] = useState(() => askedOf(subject, known));
  const [question, setQuestion] = useState<Question>(
    asking === undefined ? asked.question : { ...asked.question, ...asking },
  );
  const [settled] = useDebouncedValue(question, debounceMs);
  const flaw = flawOf(question);
  // The one that is superseded loses its only observer, and with it its request is cancelled.
  const why = useQuery({
    queryKey: ['why', settled, asked.called],
    queryFn: ({ signal }) => ask(settled, asked.called, known, signal),
    enabled: flawOf(settled) === null,
    placeholderData: keepPreviousData,
  });
  const tell = useEffectEvent(() => onAsk(askingOf(settled, asked.question)));
  useEffect(() => tell(), [settled]);
  const behind = why.isPlaceholderData || settled !== question;
  return (
    <>
      <QuestionForm
        question={question}
        known={known}
        flaw={flaw}
        onChange={setQuestion}
        onReset={askingOf(question, asked.question) === undefined ? null : () => setQuestion(asked.question)}
      />
      <Notes asked={asked} question={question} />
      {why.data !== undefined ? (
        <div className={`why-result ${behind ? 'is-behind' : ''}`} aria-busy={behind} data-settled={!behind}>
          <Answer
            answer={why.data.route}
            question={settled}
            recordedCluster={question === asked.question ? asked.recordedCluster : null}
          />
          <AccessList access={why.data.access} isConnection={isConnection(settled)} />
        </div>
      ) : why.error !== null ? (
        <Failure error={why.error} what="explanation" retry={() => void why.refetch()} />
      ) : (
        flaw === null && <Loading what="the answer" rows={4} />
      )}
    </>
  );
}

/** What was put in for the reader, as long as it stands there. */
function Notes({ asked, question }: { asked: Asked; question: Question }) {
  if (question !== asked.question) return null;
  return (
    <ul className="why-notes faint small">
      {asked.notes.map((note) => (
        <li key={note}>{note}</li>
      ))}
    </ul>
  );
}
