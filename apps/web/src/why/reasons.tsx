/** The documents and the places in them that decide, in order, each with the lines in question. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { RouteExplainAnswer } from '@heddle/schema';
import { configsQuery } from '../api/queries.ts';
import { apiName, documentId, groupOf, kindIcon } from '../ui/kinds.ts';
import { placeOf } from '../documents/model/place.ts';
import { YamlText } from '../documents/yaml-text.tsx';
import { Icon } from '../ui/icon.tsx';
import { Section } from '../ui/panel.tsx';

type Reason = RouteExplainAnswer['why'][number];

export function Reasons({ why }: { why: readonly Reason[] }) {
  return (
    <Section
      title="Why"
      note={why.length === 0 ? 'no document speaks of it' : 'in the order in which they decide'}
    >
      <ol className="reasons">
        {why.map((reason) => (
          <li key={`${reason.kind} ${reason.namespace}/${reason.name} ${reason.path}`}>
            {reason.kind === 'Default' ? <Default reason={reason} /> : <Stored reason={reason} />}
          </li>
        ))}
      </ol>
    </Section>
  );
}

function Default({ reason }: { reason: Reason }) {
  return (
    <p className="reason-head">
      <Icon name="layers" size={14} />
      <span>Mesh default</span>
      <code className="faint">{reason.path}</code>
    </p>
  );
}

/** Lines shown in place; the document has the rest. */
const mostLines = 14;

function Stored({ reason }: { reason: Reason }) {
  const { kind, namespace, name, path } = reason;
  const group = groupOf(kind, path);
  const documents = useQuery(configsQuery(kind, namespace));
  const document = documents.data?.items.find(
    (one) => one.name === name && (group === null || one.group === group),
  );
  const place = document === undefined ? null : placeOf(document.yaml, path);
  return (
    <>
      <p className="reason-head">
        <Icon name={kindIcon(kind)} size={14} />
        {document === undefined ? (
          <span>
            {kind} {namespace}/{name}
          </span>
        ) : (
          <Link
            to="/documents"
            search={{ doc: documentId(document), at: path }}
            className="text-link"
            title={`${apiName(document.group)}, revision ${document.revision}`}
          >
            {kind} {namespace}/{name}
          </Link>
        )}
        <code className="faint">{path}</code>
        {document !== undefined && <span className="faint reason-revision">r{document.revision}</span>}
      </p>
      {document !== undefined && place !== null && (
        <YamlText
          text={document.yaml}
          place={place}
          excerpt={mostLines}
          label={`${kind} ${namespace}/${name}, ${path}`}
        />
      )}
    </>
  );
}
