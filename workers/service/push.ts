/**
 * Push messages: what a notice says and where it leads.
 * Invariant: whatever arrives, a notice is shown (browsers take the permission away from pages that stay silent), and it never leads to
 * another site.
 */

/** Declarative Web Push, https://webkit.org/blog/16535/meet-declarative-web-push/: browsers that know it need no service worker at all. */
interface PushMessage {
  web_push: 8030;
  notification: { title: string; body?: string; lang?: string; navigate: string; tag?: string };
}

export interface Notice {
  title: string;
  options: { body?: string; lang?: string; tag?: string; icon: string; data: { navigate: string } };
}

const isMessage = (value: unknown): value is PushMessage => {
  const { notification } = (value ?? {}) as Partial<PushMessage>;
  return typeof notification?.title === 'string' && typeof notification.navigate === 'string';
};

const ownAddress = (address: string, origin: string): string => {
  const url = URL.canParse(address, origin) ? new URL(address, origin) : null;
  return url?.origin === origin ? url.href : `${origin}/`;
};

/**
 * @param text the message's JSON; null when it is empty or no text
 * @param origin of this site
 */
export function noticeOf(text: string | null, origin: string): Notice {
  let message: unknown = null;
  try {
    message = JSON.parse(text ?? '');
  } catch {
    // Said below in a few words of its own.
  }
  const icon = '/icons/any-192.png';
  if (!isMessage(message)) return { title: 'Splat App', options: { icon, data: { navigate: `${origin}/` } } };
  const { title, body, lang, tag, navigate } = message.notification;
  return {
    title,
    options: {
      icon,
      data: { navigate: ownAddress(navigate, origin) },
      ...(typeof body === 'string' && { body }),
      ...(typeof lang === 'string' && { lang }),
      ...(typeof tag === 'string' && { tag }),
    },
  };
}

/** Where a click on a notice leads; notices of the page itself lead to the page. */
export function addressOfNotice(data: unknown, origin: string): string {
  const { navigate } = (data ?? {}) as { navigate?: unknown };
  return ownAddress(typeof navigate === 'string' ? navigate : '/', origin);
}
