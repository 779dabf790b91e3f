/** How real files get in: by dropping them here, or with the very command line. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Button, DropZone, type FileDropItem, FileTrigger } from 'react-aria-components';
import type { Intake } from '../../src/server/contract.ts';
import { sendFile } from '../api.ts';
import { usePreferences, useWords } from '../preferences.tsx';
import { modulesQuery } from '../queries.ts';
import { problemText } from './notify.ts';
import { Panel } from './page.tsx';

/** For an empty hub, and for adding to one that has data. */
export function FeedPanel({ title }: { readonly title: string }) {
  const words = useWords();
  const { language } = usePreferences();
  const modules = useQuery(modulesQuery());
  const formats = (modules.data?.rows ?? []).filter((row) => row.kind === 'collector').map((row) => row.title[language]);
  return (
    <Panel title={title}>
      <div className="in stack">
        <p className="soft">{words.now.feedLead}</p>
        <FileFeed path="/intakes" onDone={(intake: Intake) => intake.file} />
        <CommandLine command="./yagura ingest FILE..." />
        {formats.length > 0 ? <p className="small quiet">{words.now.feedFormats(formats.join(words.common.join))}</p> : null}
      </div>
    </Panel>
  );
}

/** While everything is simulated, own data starts in a place of its own. */
export function OwnDataPanel() {
  const words = useWords();
  return (
    <Panel title={words.now.own}>
      <div className="in stack">
        <p className="soft">{words.now.ownLead}</p>
        <div>
          <CommandLine label={words.now.commandStart} command="./yagura start --data my-data" />
          <CommandLine label={words.now.commandIngest} command="./yagura ingest --data my-data FILE..." />
        </div>
      </div>
    </Panel>
  );
}

export function CommandLine({ command, label }: { readonly command: string; readonly label?: string }) {
  const words = useWords();
  const [isCopied, setIsCopied] = useState(false);
  const copy = (): void => {
    void navigator.clipboard?.writeText(command).then(() => setIsCopied(true));
  };
  return (
    <div className="command">
      <code>
        {label ? <span className="sr">{label}: </span> : null}
        {command}
      </code>
      <Button className="btn" onPress={copy} aria-label={`${words.common.copy}: ${command}`}>
        {isCopied ? words.common.copied : words.common.copy}
      </Button>
    </div>
  );
}

interface FileFeedProps<T> {
  readonly path: string;
  readonly onDone: (answer: T) => string;
  readonly accept?: readonly string[];
  readonly doneText?: (answer: T) => string;
  readonly failText?: (why: string) => string;
}

interface Sending {
  readonly key: string;
  readonly text: string;
  readonly state: 'sending' | 'done' | 'failed';
}

/** A place to drop files on, a button for those who do not drag, and one line about each file. */
export function FileFeed<T>({ path, accept, doneText, failText, onDone }: FileFeedProps<T>) {
  const words = useWords();
  const client = useQueryClient();
  const [sendings, setSendings] = useState<readonly Sending[]>([]);
  const report = (sending: Sending): void => setSendings((all) => [...all.filter((other) => other.key !== sending.key), sending]);
  const give = async (file: File): Promise<void> => {
    const key = `${file.name} ${file.size} ${file.lastModified}`;
    report({ key, state: 'sending', text: words.upload.sending(file.name) });
    try {
      const answer = await sendFile<T>(path, file);
      report({ key, state: 'done', text: doneText ? doneText(answer) : words.upload.accepted(onDone(answer)) });
    } catch (error) {
      const why = problemText(error, words);
      report({ key, state: 'failed', text: failText ? failText(why) : words.upload.failed(file.name, why) });
    }
    await client.invalidateQueries();
  };
  const giveAll = async (files: readonly File[]): Promise<void> => {
    for (const file of files) await give(file);
  };
  return (
    <DropZone
      className="drop"
      aria-label={words.upload.drop}
      onDrop={(event) => {
        const items = event.items.filter((item): item is FileDropItem => item.kind === 'file');
        void Promise.all(items.map((item) => item.getFile())).then(giveAll);
      }}
    >
      <FileTrigger allowsMultiple {...(accept ? { acceptedFileTypes: accept } : {})} onSelect={(files) => void giveAll([...(files ?? [])])}>
        <Button className="btn go">{words.upload.choose}</Button>
      </FileTrigger>
      <span className="quiet">{words.upload.drop}</span>
      <ul className="uploads" aria-live="polite">
        {sendings.map((sending) => (
          <li key={sending.key}>
            <SendingLine sending={sending} />
          </li>
        ))}
      </ul>
    </DropZone>
  );
}

function SendingLine({ sending }: { readonly sending: Sending }): ReactNode {
  const className = sending.state === 'failed' ? 'errorc' : sending.state === 'done' ? 'okc' : 'soft';
  return <span className={className}>{sending.text}</span>;
}
