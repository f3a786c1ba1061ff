// The page's own types against those generated from the .proto files: compiled by stage.mjs when they are there, never run.
// A field that is renamed or retyped in a .proto stops the compilation here.
import type * as generated from './generated_types.ts';
import type * as media from '../../gateway/web/src/media_types.ts';
import type * as live from '../../gateway/web/src/stream_types.ts';
import type * as search from '../../gateway/web/src/search_types.ts';
import type * as sign_in from '../../gateway/web/src/view/sign_in_rules.ts';
import type * as social from '../../gateway/web/src/social_types.ts';
import type * as page from '../../gateway/web/src/types.ts';

type Fits<From, To> = From extends To ? true : never;
type Same<A, B> = [A, B] extends [B, A] ? true : never;

type AllCallsAgree = {
  [M in keyof page.Calls]: [
    Fits<page.Calls[M]['params'], generated.Methods[M]['params']>,
    Fits<generated.Methods[M]['result'], page.Calls[M]['result']>,
  ];
};

// A server may push more than this page understands, and the page more than this server pushes.
type Understood = keyof generated.Pushes & keyof page.Pushes;
type AllPushesAgree = { [M in Understood]: Fits<generated.Pushes[M], page.Pushes[M]> };

export const agree: {
  calls: Record<keyof page.Calls, [true, true]> extends AllCallsAgree ? true : never;
  pushes: Record<Understood, true> extends AllPushesAgree ? true : never;
  replies: [
    Fits<generated.Tokens, page.Tokens>, Fits<generated.Profile, page.Profile>,
    Fits<generated.Conversation, page.Conversation>, Fits<generated.ListConversationsReply, page.Page<page.Conversation>>,
    Fits<generated.MessagingHistoryReply, page.Page<page.Message>>, Fits<generated.Problem, page.ProblemDocument>,
    Fits<generated.ListSessionsReply, page.Page<page.SessionInfo>>, Fits<generated.Member, page.Member>,
  ];
  social_replies: [
    Fits<generated.Profile, social.Profile>, Fits<generated.Card, social.Card>, Fits<generated.CardPage, page.Page<social.Card>>,
    Fits<generated.Post, social.Post>, Fits<generated.PostPage, social.PostPage>, Fits<generated.Comment, social.Comment>,
    Fits<generated.ListCommentsReply, page.Page<social.Comment>>, Fits<generated.Draft, social.Draft>, Fits<generated.Revision, social.Revision>,
    Fits<generated.Page, social.FeedPage>, Fits<generated.WhyReply, social.Why>, Fits<generated.Preferences, social.FeedPreferences>,
    Fits<generated.ListNotificationsReply, social.NotificationPage>, Fits<generated.Settings, social.Settings>,
    Fits<generated.DeleteAccountReply, social.AccountDeletion>, Fits<generated.Poll, social.Poll>, Fits<generated.Export, social.AccountExport>,
    Fits<generated.ListSuggestionsReply, page.Page<social.Suggestion>>, Fits<generated.Media, media.Media>, Fits<generated.FindReply, search.HitPage>,
    Fits<generated.Stream, live.Stream>, Fits<generated.NewKey, { ingest?: live.Ingest }>,
  ];
  social_requests: [
    Fits<social.PostRequest, generated.CreatePostRequest>, Fits<social.PostRequest, generated.DraftRequest>,
    Fits<social.PostChange, Omit<generated.EditPostRequest, 'post_id'>>, Fits<social.ProfileChange, generated.UpdateMyProfileRequest>,
    Fits<live.StreamRequest, generated.CreateStreamRequest>, Fits<live.StreamChange, Omit<generated.UpdateStreamRequest, 'stream_id'>>,
    Fits<social.SettingsChange, generated.UpdateSettingsRequest>, Fits<social.FeedPreferences, generated.SetPreferencesRequest>,
  ];
  limits: [
    Same<typeof generated.limits.RegisterRequest, typeof sign_in.limits>,
  ];
} = {
  limits: [true],
  calls: true, pushes: true, replies: [true, true, true, true, true, true, true, true],
  social_replies: [true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true],
  social_requests: [true, true, true, true, true, true, true, true],
};
