// "Is typing", both ways: what is told of the person here, at most every few seconds, and what others do. Used by store.ts.
import type { ConversationState } from './conversation.ts';
import type { Clock } from './rpc_socket.ts';
import type { TypingPush } from './types.ts';

const shown_ms = 6_000;
const repeat_ms = 3_000;

export interface TypingCalls {
  tell: (conversation_id: string, typing: boolean) => void;
  changed: (conversation_id: string) => void;
}

export class Typing {
  private readonly clock_: Clock;
  private readonly calls_: TypingCalls;
  private told_ = { id: '', at: 0 };

  constructor(clock: Clock, calls: TypingCalls) {
    this.clock_ = clock;
    this.calls_ = calls;
  }

  // A message was sent: it ends by that.
  sent(): void { this.told_ = { id: '', at: 0 }; }

  tell(id: string, typing: boolean): void {
    const now = this.clock_.now();
    const told = this.told_;
    if (typing && told.id === id && now - told.at < repeat_ms) return;
    if (!typing && told.id !== id) return;
    this.told_ = typing ? { id, at: now } : { id: '', at: 0 };
    this.calls_.tell(id, typing);
  }

  take(conversation: ConversationState, { account_id, typing }: TypingPush): void {
    const until = this.clock_.now() + shown_ms;
    if (typing === false) conversation.typing.delete(account_id);
    else conversation.typing.set(account_id, until);
    this.calls_.changed(conversation.id);
    if (typing === false) return;
    this.clock_.set(shown_ms, () => {
      if (conversation.typing.get(account_id) !== until) return;
      conversation.typing.delete(account_id);
      this.calls_.changed(conversation.id);
    });
  }
}
