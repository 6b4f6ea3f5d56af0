/** The documents and the places in them that decide, in order, each with the lines in question. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Finding, RouteExplainAnswer, StoredResource } from '@heddle/schema';
import { configQuery, configsQuery } from '../api/queries.ts';
import { apiName, documentId, groupOf, kindIcon } from '../ui/kinds.ts';
import { Badges } from '../documents/badges.tsx';
import { badgesOf } from '../documents/model/badges.ts';
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

/** What is found at the place, within it, or of what it is in: that it has no effect yet is said where it is given as the reason. */
function isAbout(path: string): (finding: Finding) => boolean {
  const isIn = (inner: string, outer: string) => inner === outer || /^[.[]/.test(inner.slice(outer.length));
  return (finding) =>
    finding.path === '' ||
    (path.startsWith(finding.path) && isIn(path, finding.path)) ||
    (finding.path.startsWith(path) && isIn(finding.path, path));
}

/** The document that is meant: by its group where that is known, else the one of its kind and name. */
function useStored({ kind, namespace, name, path, ...rest }: Reason): StoredResource | undefined {
  const said = 'group' in rest && typeof rest.group === 'string' ? rest.group : groupOf(kind, path);
  const group = said === '' ? 'core' : said;
  const one = useQuery({
    ...configQuery({ group: group ?? '', kind, namespace, name }),
    enabled: group !== null,
    retry: false,
  });
  const list = useQuery({ ...configsQuery(kind, namespace), enabled: group === null });
  return group === null ? list.data?.items.find((document) => document.name === name) : one.data;
}

/** Lines shown in place; the document has the rest. */
const mostLines = 14;

function Stored({ reason }: { reason: Reason }) {
  const { kind, namespace, name, path } = reason;
  const document = useStored(reason);
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
        {document !== undefined && <Badges badges={badgesOf(document.findings.filter(isAbout(path)))} />}
        {document !== undefined && <span className="faint reason-revision">r{document.revision}</span>}
      </p>
      {document !== undefined && place !== null && (
        <YamlText
          text={document.yaml}
          place={place}
          most={mostLines}
          label={`${kind} ${namespace}/${name}, ${path}`}
        />
      )}
    </>
  );
}
