package webtest

// Walk is what was seen on the way to the beginning of a room.
type Walk struct {
	// Seen are the numbers of all messages, ascending.
	Seen []uint64
	// Most is the most rows that the page had at once, Steps how often it was
	// scrolled, Wrong how many rows stood behind one that is not older.
	Most, Steps, Wrong int
	// Jump is how far what was read ever moved by itself, in pixels.
	Jump float64
}

// ScrollBack goes up to the beginning of a room as a reader does, a screen at a
// time.
func (p *Page) ScrollBack() Walk {
	p.t.Helper()
	return Eval[Walk](p, scrollBack)
}

const scrollBack = `(async () => {
	const s = document.querySelector(".scroller");
	const seen = new Set(), turn = () => new Promise((done) => setTimeout(done));
	let most = 0, jump = 0, still = 0, wrong = 0;
	const look = () => {
		const rows = [...s.querySelectorAll(".rows [data-seq]")];
		let last = 0;
		for (const n of rows) {
			const seq = Number(n.dataset.seq);
			if (seq <= last) wrong++;
			last = seq;
			seen.add(seq);
		}
		most = Math.max(most, rows.length);
	};
	const place = () => {
		const top = s.getBoundingClientRect().top;
		const n = [...s.querySelectorAll(".rows [data-seq]")].find((n) => n.getBoundingClientRect().bottom > top + 40);
		return n && { seq: n.dataset.seq, bottom: n.getBoundingClientRect().bottom };
	};
	const late = performance.now() + 100_000; // below Patience, so that what was seen is returned
	while (performance.now() < late) {
		look();
		if (s.querySelector(".beginning") && s.scrollTop === 0) break;
		s.scrollTop -= 600;
		const before = place();
		await turn(); // rows are added above, now and when a page arrives
		const now = before && s.querySelector('[data-seq="' + before.seq + '"]');
		if (now) jump = Math.max(jump, Math.abs(now.getBoundingClientRect().bottom - before.bottom));
		still++;
	}
	return { seen: [...seen].sort((a, b) => a - b), most, jump, steps: still, wrong };
})()`
