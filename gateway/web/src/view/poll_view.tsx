// A post's poll: to vote in, or its result. Used by post_view.tsx.
import { useState } from 'preact/hooks';
import type { Store } from '../store.ts';
import type { Poll } from '../social_types.ts';
import { attempt } from './attempt.ts';
import { useElementId } from './elements.tsx';
import { full_time, time_left } from './format.ts';
import { plural } from './text_rules.ts';

interface Props {
  store: Store;
  post_id: string;
  poll: Poll;
  // The author sees how it stands.
  own: boolean;
}

export function PollView({ store, post_id, poll, own }: Props) {
  const [chosen, set_chosen] = useState<number[]>([]);
  const [busy, set_busy] = useState(false);
  const name = useElementId();
  const ended = poll.ended || Date.parse(poll.ends_at) <= Date.now();
  const shows_result = ended || own || poll.mine.length > 0;
  const vote = async () => {
    set_busy(true);
    await attempt(store.social.posts.vote(post_id, chosen));
    set_busy(false);
  };
  const choose = (index: number, on: boolean) => set_chosen((before) => {
    if (!poll.multiple) return [index];
    return on ? [...before, index].sort((a, b) => a - b) : before.filter((one) => one !== index);
  });
  return (
    <div class="poll">
      {shows_result ? <Result poll={poll} /> : (
        <fieldset>
          <legend class="visually-hidden">Poll</legend>
          {poll.options.map((option, index) => (
            <label class="poll-option" key={index}>
              <input type={poll.multiple ? 'checkbox' : 'radio'} name={name} checked={chosen.includes(index)}
                onChange={(event) => choose(index, event.currentTarget.checked)} />
              <span dir="auto">{option.text}</span>
            </label>
          ))}
        </fieldset>)}
      <div class="poll-foot">
        {!shows_result && <button type="button" class="secondary" disabled={chosen.length === 0 || busy} onClick={() => void vote()}>Vote</button>}
        <small title={full_time(Date.parse(poll.ends_at))}>
          {plural(poll.votes, 'vote', 'votes')} · {ended ? 'ended' : `${time_left(Date.parse(poll.ends_at))} left`}
        </small>
      </div>
    </div>
  );
}

function Result({ poll }: { poll: Poll }) {
  const most = Math.max(...poll.options.map((option) => option.votes));
  return (
    <ul class="poll-result" aria-label="Result of the poll">
      {poll.options.map((option, index) => {
        const percent = poll.votes === 0 ? 0 : Math.round((option.votes / poll.votes) * 100);
        return (
          <li key={index} class={option.votes === most && most > 0 ? 'leads' : ''}>
            <span class="poll-bar" style={{ inlineSize: `${Math.max(percent, 1)}%` }} aria-hidden="true" />
            <span class="poll-text"><bdi>{option.text}</bdi>{poll.mine.includes(index) && <span class="poll-mine"> (your vote)</span>}</span>
            <span class="poll-percent">{percent} %</span>
          </li>
        );
      })}
    </ul>
  );
}
