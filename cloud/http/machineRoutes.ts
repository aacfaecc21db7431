/**
 * Addresses whose callers are not owners but show something of their own: trainers and workers a token, providers a signature, the operator
 * the admin token, a browser a signed address.
 * Invariant: each route behind them checks what it is shown by itself; cookies mean nothing there.
 */
export const isMachineRoute = (path: string): boolean => /^\/(internal|admin|api\/(admin|webhooks|u))(\/|$)/.test(path);
