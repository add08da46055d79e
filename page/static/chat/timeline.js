// Timeline holds the messages of a room that the page has: a run without a
// hole, from floor (exclusive) to last. It decides whether what arrives goes on
// from there, and knows nothing of the network or of the page.
export class Timeline {
  epoch = "";
  // last is the number up to which the room is known.
  last = 0;
  // floor: every message of the room above it, up to last, is in messages.
  floor = 0;
  // more: there are older ones.
  more = false;
  messages = [];
  // holes has the numbers of messages before which something could not be had.
  holes = new Set();
  #cids = new Set();

  // reset starts over with the newest page.
  reset(epoch, last, messages, more) {
    this.epoch = epoch;
    this.messages = [...messages];
    this.last = last;
    this.more = more;
    this.holes.clear();
    this.#cids = new Set(messages.map(key));
    const first = messages[0];
    if (!first) this.floor = more ? last : 0;
    else this.floor = more ? first.prev || first.seq - 1 : 0;
  }

  // resume starts over in the middle, with what came after a number.
  resume(epoch, since, last, messages) {
    this.reset(epoch, last, messages, since > 0);
    this.floor = since;
  }

  // append takes the next message: "added", "known" if it was here already, or
  // "gap" if something is missing before it. A message without a known
  // predecessor goes on from anywhere.
  append(m) {
    if (m.seq <= this.last) return "known";
    if (m.prev !== 0 && m.prev !== this.last) return "gap";
    this.messages.push(m);
    this.#cids.add(key(m));
    this.last = m.seq;
    return "added";
  }

  // first is the number before which history goes on.
  get first() {
    return this.messages[0]?.seq ?? (this.last > 0 ? this.last + 1 : 0);
  }

  // prepend takes a page of older messages and returns how many it added, or
  // -1 if the page does not reach the first message that is here. With force
  // it is taken all the same, and the place is marked.
  prepend(page, more, force = false) {
    const first = this.messages[0];
    const older = page.filter((m) => m.seq < this.first);
    const end = older.at(-1);
    const reaches = !first || first.prev === 0 || (end ? end.seq === first.prev : !more);
    if (!reaches && !force) return -1;
    if (!reaches) this.holes.add(first.seq);
    this.messages = older.concat(this.messages);
    for (const m of older) this.#cids.add(key(m));
    this.more = more;
    const start = this.messages[0];
    if (!more) this.floor = 0;
    else if (start) this.floor = Math.min(this.floor, start.prev || start.seq - 1);
    return older.length;
  }

  // trim forgets the oldest messages beyond max, which history can bring back,
  // and returns how many. It drops a fifth at once, so that it is rare.
  trim(max) {
    if (this.messages.length <= max) return 0;
    const gone = this.messages.splice(0, this.messages.length - Math.floor(max * 0.8));
    for (const m of gone) this.#cids.delete(key(m));
    this.more = true;
    this.floor = gone.at(-1).seq;
    return gone.length;
  }

  // has reports whether a message that its author called cid is here.
  has(user, cid) {
    return this.#cids.has(key({ user, cid }));
  }

  // covers reports whether everything after a number is here, so that what is
  // not here is not in the room.
  covers(epoch, since) {
    return epoch === this.epoch && since >= this.floor && this.holes.size === 0;
  }

  // since counts the messages after a number that match.
  since(seq, match) {
    let n = 0;
    for (let i = this.messages.length - 1; i >= 0 && this.messages[i].seq > seq; i--) {
      if (match(this.messages[i])) n++;
    }
    return n;
  }
}

function key(m) {
  return JSON.stringify([m.user, m.cid ?? ""]);
}
