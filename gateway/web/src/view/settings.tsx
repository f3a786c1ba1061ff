// One's own settings, a page of tabs. Used by shell.tsx.
import type { Store } from '../store.ts';
import { address_of, settings_sections, type SettingsSection } from '../routes.ts';
import { LinkTabs, PageHead } from './page_head.tsx';
import { AccountSettings } from './settings_account.tsx';
import { FeedSettings } from './settings_feed.tsx';
import { NotificationSettings, PrivacySettings } from './settings_privacy.tsx';
import { ProfileForm } from './settings_profile.tsx';
import { shortcuts } from './shortcuts.ts';

const names: Record<SettingsSection, string> = {
  profile: 'Profile', account: 'Account', privacy: 'Privacy', notifications: 'Notifications', feed: 'Feed', keys: 'Keys',
};

interface Props {
  store: Store;
  section: SettingsSection;
  log_out: () => void;
}

export function Settings({ store, section, log_out }: Props) {
  const address = (one: SettingsSection) => address_of({ page: 'settings', section: one });
  return (
    <section class="page" aria-label="Settings">
      <PageHead title="Settings" />
      <LinkTabs label="Parts of the settings" now={address(section)} tabs={settings_sections.map((one) => ({ address: address(one), text: names[one] }))} />
      <div class="page-body">
        <div class="column-scroll settings-scroll" tabindex={0} role="region" aria-label={`Settings: ${names[section]}`} key={section}>
          {section === 'profile' && <ProfileForm store={store} />}
          {section === 'account' && <AccountSettings store={store} log_out={log_out} />}
          {section === 'privacy' && <PrivacySettings store={store} />}
          {section === 'notifications' && <NotificationSettings store={store} />}
          {section === 'feed' && <FeedSettings store={store} />}
          {section === 'keys' && <Keys />}
        </div>
      </div>
    </section>
  );
}

export function Keys() {
  return (
    <section class="card" aria-labelledby="settings-keys">
      <h3 id="settings-keys">Keys</h3>
      <dl class="keys">
        {shortcuts.map(({ keys, does }) => (
          <div key={keys}><dt>{keys.split(/[+ ]/).map((key) => <kbd key={key}>{key}</kbd>)}</dt><dd>{does}</dd></div>
        ))}
      </dl>
    </section>
  );
}
