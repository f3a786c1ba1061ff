// Tells the server how far this window has received and read: one call a conversation however many messages came. Used by
// store.ts.
import type { ConversationState } from './conversation.ts';
import type { Clock } from './rpc_socket.ts';
import type { Session } from './session.ts';

const delay_ms = 250;

export class Marks {
  private readonly session_: Session;
  private readonly clock_: Clock;
  private readonly conversations_: () => Iterable<ConversationState>;
  private readonly me_: string;
  private timer_ = 0;

  constructor(session: Session, clock: Clock, conversations: () => Iterable<ConversationState>, me: string) {
    this.session_ = session;
    this.clock_ = clock;
    this.conversations_ = conversations;
    this.me_ = me;
  }

  schedule(): void {
    if (this.timer_) return;
    this.timer_ = this.clock_.set(delay_ms, () => {
      this.timer_ = 0;
      if (this.session_.state !== 'online') return;
      for (const conversation of this.conversations_()) this.send_(conversation);
    });
  }

  // What is read is delivered. A mark that was not answered is sent again with the next one.
  private send_(conversation: ConversationState): void {
    const newest = conversation.newest_of_others(this.me_);
    const read = Math.min(conversation.read_seq, newest);
    if (read > conversation.read_sent) {
      const before = conversation.read_sent;
      conversation.read_sent = read;
      conversation.delivered_sent = Math.max(conversation.delivered_sent, read);
      this.session_.call('messaging.read', { conversation_id: conversation.id, seq: read })
        .catch(() => { conversation.read_sent = Math.min(conversation.read_sent, before); });
    }
    if (newest > conversation.delivered_sent) {
      const before = conversation.delivered_sent;
      conversation.delivered_sent = newest;
      this.session_.call('messaging.delivered', { conversation_id: conversation.id, seq: newest })
        .catch(() => { conversation.delivered_sent = Math.min(conversation.delivered_sent, before); });
    }
  }
}
