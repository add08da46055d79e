package browser

import (
	"testing"
	"time"

	"parley/participants/food"
	"parley/test/browser/webtest"
)

// faint finds text whose contrast with what is behind it is below 4.5 to 1 (3
// to 1 where it is large), as WCAG 2 computes it.
const faint = `(() => {
	const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
	const rgba = (color) => {
		canvas.clearRect(0, 0, 1, 1);
		canvas.fillStyle = color;
		canvas.fillRect(0, 0, 1, 1);
		const d = canvas.getImageData(0, 0, 1, 1).data;
		return [d[0], d[1], d[2], d[3] / 255];
	};
	const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
	const behind = (n) => {
		const layers = [];
		for (; n; n = n.parentElement) {
			const c = rgba(getComputedStyle(n).backgroundColor);
			if (c[3] > 0) layers.push(c);
			if (c[3] === 1) break;
		}
		return layers.reverse().reduce((b, c) => over(c, b), [255, 255, 255, 1]);
	};
	const light = (c) => {
		const [r, g, b] = c.slice(0, 3).map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	const out = [];
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let t = walk.nextNode(); t; t = walk.nextNode()) {
		const n = t.parentElement;
		if (!t.data.trim() || !n.checkVisibility({ opacityProperty: true }) || n.closest(".sr, [aria-hidden=true], :disabled")) continue;
		const style = getComputedStyle(n);
		const svg = n instanceof SVGElement;
		const ground = behind(svg ? n.closest("div") : n);
		const ink = rgba(svg ? style.fill : style.color);
		if (ink[3] === 0) continue; // shown by the mouse only
		const [a, b] = [light(over(ink, ground)), light(ground)].sort((x, y) => y - x);
		const ratio = (a + 0.05) / (b + 0.05);
		const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
		if (ratio < (large ? 3 : 4.5)) out.push(n.className + " " + JSON.stringify(t.data.slice(0, 30)) + " " + ratio.toFixed(2));
	}
	return [...new Set(out)];
})()`

// nameless finds what can be operated and has no name.
const nameless = `[...document.querySelectorAll("button, a, input, textarea, select, [role=log], [role=group], dialog, nav, aside")].filter((n) => {
	if (!n.checkVisibility()) return false;
	const by = n.getAttribute("aria-labelledby");
	const named = n.getAttribute("aria-label") || (by && document.getElementById(by)?.textContent) || n.labels?.[0]?.textContent || n.textContent.trim();
	return !named;
}).map((n) => n.outerHTML.slice(0, 80))`

// wide reports whether anything makes the page scroll sideways.
const wide = `[...document.querySelectorAll("body, main, .view > *, .scroller, .orders-body, .ids-body")].filter((n) => n.scrollWidth > n.clientWidth + 1 && getComputedStyle(n).overflowX !== "hidden").map((n) => n.className + " " + n.scrollWidth + " > " + n.clientWidth)`

// TestAccess looks at every view in both themes, on a desk and on a phone, for
// what a person could not read, reach or name.
func TestAccess(t *testing.T) {
	g := webtest.RunGateway(t, "general", "random", "kitchen", "announcements")
	furnish(g)
	b := chromium.For(t)
	for theme, prefer := range map[string]webtest.Action{"light": webtest.Light(), "dark": webtest.Dark()} {
		for size, pixels := range map[string]webtest.Size{"desktop": webtest.Desktop(), "phone": webtest.Phone()} {
			p := b.Open(g.URL, pixels, prefer)
			look := func(view string) {
				t.Helper()
				p.Screenshot(view + "-" + theme + "-" + size)
				for what, js := range map[string]string{"too faint": faint, "without a name": nameless, "too wide": wide} {
					for _, found := range webtest.Eval[[]string](p, js) {
						t.Errorf("%s, %s, %s: %s: %s", view, theme, size, what, found)
					}
				}
			}
			p.Wait("the dialog", `document.querySelector("dialog.welcome")`)
			look("welcome")
			p.SignIn("ada")
			p.Room("general")
			g.Type("general", "grace")
			p.Wait("somebody who writes", `document.querySelector(".typing").textContent !== ""`)
			g.Say("random", "grace", "Thanks!")
			p.Wait("an unread room", `document.querySelector(".place.unread")`)
			look("room")
			if size == "phone" {
				p.Click(".chat .menu-button")
				p.Wait("the drawer", `document.querySelector(".sidebar.open")`)
				look("drawer")
				p.Press(webtest.Escape())
			}
			p.Room("kitchen")
			look("empty")
			p.Go("room/secret")
			p.Wait("the refusal", `document.querySelector(".log-top").textContent.includes("cannot be entered")`)
			look("secret")
			p.Go("orders")
			p.Wait("the menu", `document.querySelectorAll(".menu li").length > 3`)
			look("orders")
			p.Click(".menu li button")
			p.Wait("the outcome", `document.querySelector(".result.good")`)
			p.Wait("the picture", `document.querySelectorAll(".arrow").length >= 10`)
			look("order")
			p.Click(".menu li:nth-child(5) button")
			p.Wait("the refusal", `document.querySelector(".result.bad") && document.querySelector(".arrow.vote-no")`)
			look("refused")
			tx := webtest.Script("kq3v9d2mh4tn7wxy.800", "someone", time.Now())
			tx = tx.Vote(2_000, food.Inventory, true, "").Vote(400, food.Delivery, true, "").Then(2_100_000, "prepare", food.Delivery)
			g.Show(tx.TxSeen, 37)
			p.Go("orders/kq3v9d2mh4tn7wxy.800")
			p.Wait("doubt", `document.querySelector(".doubt.open")`)
			look("doubt")
			p.Go("ids")
			p.Wait("an id", `document.querySelectorAll(".bit-field").length === 4`)
			p.Wait("the workers", `document.querySelectorAll(".worker-grid .held").length > 0`)
			look("ids")
			g.Bye(4000, "restart", time.Minute)
			p.Wait("the banner", `!document.querySelector(".banner").hidden`)
			look("waiting")
		}
	}
}
