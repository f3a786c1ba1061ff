// A text with its mentions, hashtags and links to press. Used by the views of posts, comments and profiles.
import { person_address, profile_address, tag_address } from '../routes.ts';
import type { TextEntity } from '../social_types.ts';
import { rich_parts } from './text_rules.ts';

export function RichText({ text, entities }: { text: string; entities: TextEntity[] }) {
  return (
    <>
      {rich_parts(text, entities).map(({ text: piece, kind, to }, i) => {
        switch (kind) {
          case 'link': return <a key={i} class="text-link" href={to} target="_blank" rel="noopener noreferrer nofollow"><bdi>{piece}</bdi></a>;
          case 'mention': return <a key={i} class="text-link" href={to ? person_address(to) : profile_address(piece.slice(1))}><bdi>{piece}</bdi></a>;
          case 'hashtag': return <a key={i} class="text-link" href={tag_address(to)}><bdi>{piece}</bdi></a>;
          default: return piece;
        }
      })}
    </>
  );
}
