// What the page and the gateway agree on beside the frames themselves.

export const subprotocol = "parley.chat.v1.json";

// reconnect reports whether to connect again after a close code. From 4500 on,
// and after errors of the protocol, something has to change first.
export function reconnect(code) {
  if ([1000, 1002, 1003, 1007, 1008, 1009].includes(code)) return false;
  return code < 4500;
}

// signIn reports whether a close code is about who connects.
export function signIn(code) {
  return code === 4500 || code === 4501;
}
