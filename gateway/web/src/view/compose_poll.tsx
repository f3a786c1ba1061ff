// The fields of a poll that is being made: two to six options, how long, one vote or several. Used by compose.tsx.
import type { PostDraft } from '../post_draft.ts';
import { Choice, Icon, IconButton, Tick } from './elements.tsx';
import { option_limit, options_most } from './text_rules.ts';

type PollDraft = NonNullable<PostDraft['poll']>;

interface Props {
  poll: PollDraft;
  lengths: [string, number][];
  change: (poll: PollDraft) => void;
}

export function PollFields({ poll, lengths, change }: Props) {
  const { options } = poll;
  const write = (at: number, text: string) => change({ ...poll, options: options.map((option, i) => (i === at ? text : option)) });
  return (
    <fieldset class="compose-poll">
      <legend>Poll</legend>
      {options.map((option, i) => (
        <div class="compose-option" key={i}>
          <input type="text" aria-label={`Option ${i + 1}`} placeholder={`Option ${i + 1}`} maxLength={option_limit} autocomplete="off" dir="auto"
            value={option} onInput={(event) => write(i, event.currentTarget.value)} />
          {options.length > 2 && (
            <IconButton name="close" label={`Remove option ${i + 1}`} onClick={() => change({ ...poll, options: options.filter((_, at) => at !== i) })} />)}
        </div>
      ))}
      {options.length < options_most && (
        <button type="button" class="text-button" onClick={() => change({ ...poll, options: [...options, ''] })}><Icon name="plus" />Add an option</button>)}
      <div class="compose-poll-foot">
        <Choice label="Ends after" value={String(poll.ends_in_s)} options={lengths.map(([text, length_s]) => [String(length_s), text])}
          change={(length_s) => change({ ...poll, ends_in_s: Number(length_s) })} />
        <Tick label="Several choices" checked={poll.multiple} change={(multiple) => change({ ...poll, multiple })} />
      </div>
    </fieldset>
  );
}
