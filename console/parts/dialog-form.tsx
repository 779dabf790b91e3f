/** The form within a dialog: its fields, what went wrong, and the two buttons at its foot. */
import { type ReactNode, useId } from 'react';
import { Button } from 'react-aria-components';
import { useWords } from '../preferences.tsx';

interface DialogFormProps {
  /** What the button that does it says. */
  readonly go: string;
  readonly isBusy: boolean;
  readonly problem: string | undefined;
  readonly onClose: () => void;
  readonly onSubmit: () => void;
  readonly children: ReactNode;
}

export function DialogForm({ go, isBusy, problem, onClose, onSubmit, children }: DialogFormProps) {
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      <div className="body">{children}</div>
      <DialogFoot problem={problem} onClose={onClose}>
        <Button className="btn go" type="submit" isDisabled={isBusy}>
          {go}
        </Button>
      </DialogFoot>
    </form>
  );
}

interface DialogFootProps {
  readonly problem: string | undefined;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export function DialogFoot({ problem, onClose, children }: DialogFootProps) {
  const words = useWords();
  return (
    <>
      {problem ? (
        <p className="errorc small" role="alert">
          {problem}
        </p>
      ) : null}
      <div className="acts">
        <Button className="btn" onPress={onClose}>
          {words.common.cancel}
        </Button>
        {children}
      </div>
    </>
  );
}

interface FieldProps {
  readonly label: string;
  readonly hint?: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** What is wrong with the value; empty while nothing is, or nobody has tried to go on. */
  readonly wrong: string;
}

interface FieldIds {
  readonly id: string;
  readonly 'aria-describedby': string;
  readonly 'aria-invalid': boolean;
}

function Field({
  label,
  hint,
  wrong,
  children,
}: Pick<FieldProps, 'label' | 'hint' | 'wrong'> & { readonly children: (ids: FieldIds) => ReactNode }) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {hint ? (
        <span className="hint" id={`${id}h`}>
          {hint}
        </span>
      ) : null}
      {children({ id, 'aria-describedby': hint ? `${id}h ${id}w` : `${id}w`, 'aria-invalid': wrong !== '' })}
      <span className="wrong" id={`${id}w`} role="alert">
        {wrong}
      </span>
    </div>
  );
}

export function TextAreaField({
  value,
  onChange,
  maxLength,
  rows,
  ...field
}: FieldProps & { readonly maxLength: number; readonly rows?: number }) {
  return (
    <Field {...field}>
      {(ids) => (
        <textarea
          {...ids}
          className="input"
          maxLength={maxLength}
          rows={rows}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

/** One line. */
export function TextField({
  value,
  onChange,
  wrong = '',
  lang,
  ...field
}: Omit<FieldProps, 'wrong'> & { readonly wrong?: string; readonly lang?: string }) {
  return (
    <Field {...field} wrong={wrong}>
      {(ids) => (
        <input
          {...ids}
          {...(lang ? { lang } : {})}
          className="input"
          autoComplete="off"
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

/** A day, as yyyy-mm-dd in the reader's own zone. */
export function DateField({ value, onChange, ...field }: FieldProps) {
  return (
    <Field {...field}>
      {(ids) => <input {...ids} className="input" type="date" value={value} onChange={(event) => onChange(event.target.value)} />}
    </Field>
  );
}

/** yyyy-mm-dd in the reader's own zone, as date inputs want it. */
export function toDateInput(ms: number): string {
  const date = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return date.toISOString().slice(0, 10);
}
