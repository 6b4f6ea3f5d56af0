/** YAML that is not stored yet: any number of documents, all of them or none. */
import { api } from '../api/client.ts';
import { Editor } from './editor.tsx';

export function NewDocuments({ onClose }: { onClose: () => void }) {
  return (
    <Editor kind="Add YAML" title="Bring the YAML you have" text="" write={api.writeAll} onDone={onClose} />
  );
}
