// The page's own types against those generated from the .proto files: compiled by stage.mjs when they are there, never run.
// A field that is renamed or retyped in a .proto stops the compilation here.
import type * as generated from './generated_types.ts';
import type * as page from '../../gateway/web/src/types.ts';

type Fits<From, To> = From extends To ? true : never;

type AllCallsAgree = {
  [M in keyof page.Calls]: [
    Fits<page.Calls[M]['params'], generated.Methods[M]['params']>,
    Fits<generated.Methods[M]['result'], page.Calls[M]['result']>,
  ];
};

type AllPushesAgree = { [M in keyof generated.Pushes]: Fits<generated.Pushes[M], page.Pushes[M]> };

export const agree: {
  calls: Record<keyof page.Calls, [true, true]> extends AllCallsAgree ? true : never;
  pushes: Record<keyof generated.Pushes, true> extends AllPushesAgree ? true : never;
  replies: [
    Fits<generated.Tokens, page.Tokens>, Fits<generated.Profile, page.Profile>,
    Fits<generated.Conversation, page.Conversation>, Fits<generated.ListConversationsReply, page.Page<page.Conversation>>,
    Fits<generated.HistoryReply, page.Page<page.Message>>, Fits<generated.Problem, page.ProblemDocument>,
  ];
} = { calls: true, pushes: true, replies: [true, true, true, true, true, true] };
