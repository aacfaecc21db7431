/** A network for one test: it keeps every request and answers as the test says. */

export interface Sent {
  url: string;
  headers: Headers;
  body: Uint8Array;
  redirect: string | undefined;
}

export interface FakeNet {
  sent: Sent[];
  /** Called for each request, in order. */
  answer: (sent: Sent) => Response | Promise<Response>;
  fetch: typeof fetch;
}

export function fakeNet(answer: FakeNet['answer'] = () => new Response(null, { status: 201 })): FakeNet {
  const net: FakeNet = {
    sent: [],
    answer,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      const body = new Uint8Array(await request.arrayBuffer());
      const sent = { url: request.url, headers: request.headers, body, redirect: init?.redirect };
      net.sent.push(sent);
      return net.answer(sent);
    },
  };
  return net;
}
