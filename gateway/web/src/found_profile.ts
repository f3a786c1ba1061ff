// A person's page as it was last read, and where its reader was in each tab. Made by social.ts, drawn by view/profile_page.tsx.
import type { Place } from './paged.ts';
import { as_problem, type Problem } from './problem.ts';
import type { ProfileTab } from './routes.ts';
import type { Profile } from './social_types.ts';

const place = (): Place => ({ offset: 0, active: '', sizes: [] });

export class FoundProfile {
  profile: Profile | null = null;
  problem: Problem | null = null;
  readonly place = place();
  readonly places: Record<ProfileTab, Place> = { posts: place(), media: place(), shares: place(), followers: place(), following: place() };
  private readonly read_: () => Promise<Profile>;
  private readonly changed_: () => void;

  constructor(read: () => Promise<Profile>, changed: () => void) {
    this.read_ = read;
    this.changed_ = changed;
  }

  async read(): Promise<void> {
    this.problem = null;
    try {
      this.profile = await this.read_();
    } catch (error) {
      this.problem = as_problem(error);
      if (this.problem.status === 404) this.profile = null;
    }
    this.changed_();
  }
}
