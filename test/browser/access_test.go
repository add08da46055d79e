package browser

import (
	"bytes"
	"testing"
	"time"

	"parley/chatgw/frame"
	"parley/participants/food"
	"parley/test/browser/webtest"
)

// faint finds text whose contrast with its background is below 4.5 to 1 (3
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
	const background = (n) => {
		const layers = [];
		for (; n; n = n.parentElement) {
			const c = rgba(getComputedStyle(n).backgroundColor);
			if (c[3] > 0) layers.push(c);
			if (c[3] === 1) break;
		}
		return layers.reverse().reduce((b, c) => over(c, b), [255, 255, 255, 1]);
	};
	const luminance = (c) => {
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
		const surface = background(svg ? n.closest("div") : n);
		const ink = rgba(svg ? style.fill : style.color);
		if (ink[3] === 0) continue; // shown by the mouse only
		const [a, b] = [luminance(over(ink, surface)), luminance(surface)].sort((x, y) => y - x);
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

// view is a page in one theme and size.
type view struct {
	*webtest.Page
	name  string
	phone bool
}

// check looks for what a person could not read, reach or name.
func (v view) check(t *testing.T, what string) {
	t.Helper()
	v.Screenshot(what + "-" + v.name)
	for problem, js := range map[string]string{"too faint": faint, "without a name": nameless, "too wide": wide} {
		for _, found := range webtest.Eval[[]string](v.Page, js) {
			t.Errorf("%s, %s: %s: %s", what, v.name, problem, found)
		}
	}
}

// TestAccess checks every view in both themes, on a desktop and on a phone.
func TestAccess(t *testing.T) {
	g := webtest.RunUp(t, program)
	furnish(g)
	// Without tokens every guest may enter every room, but not one with such a name.
	g.ToGateway.Rewrite(func(data []byte) []byte { return bytes.ReplaceAll(data, []byte(`"secret"`), []byte(`"SECRET"`)) })
	var views []view
	for _, theme := range []string{"light", "dark"} {
		for size, pixels := range map[string]webtest.Size{"desktop": webtest.Desktop(), "phone": webtest.Phone()} {
			v := view{chromium.Open(t, g.URL, pixels, webtest.Prefer(theme)), theme + "-" + size, size == "phone"}
			v.Wait("the dialog", `document.querySelector("dialog.welcome")`)
			v.check(t, "welcome")
			v.SignIn("ada")
			checkRooms(t, g, v)
			checkOrders(t, v)
			v.Go("ids")
			v.Wait("an id", `document.querySelectorAll(".bit-field").length === 4`)
			v.Wait("the workers", `["held", "lapsed", "released", "retired"].every((state) => document.querySelector(".worker-grid ." + state))`)
			v.check(t, "ids")
			views = append(views, v)
		}
	}
	views[0].Go("orders")
	awaitMenu(views[0].Page)
	kill(views[0].Page, food.Delivery)
	views[0].Wait("doubt", `document.querySelector(".doubt.open")`)
	doubtful := webtest.Eval[string](views[0].Page, `document.querySelector(".tx-id").textContent`)
	for _, v := range views {
		v.Go("orders/" + doubtful)
		v.Wait("doubt", `document.querySelector(".doubt.open")`)
		v.check(t, "doubt")
	}
	g.Bye(frame.Bye{Code: frame.CloseDrain, Reason: "restart", RetryMS: time.Minute.Milliseconds()})
	for _, v := range views {
		v.Wait("the banner", `!document.querySelector(".banner").hidden`)
		v.check(t, "waiting")
	}
}

func checkRooms(t *testing.T, g *webtest.UpProcess, v view) {
	t.Helper()
	v.Room("random")
	v.Room("general")
	v.Wait("people", `document.querySelectorAll(".people li").length === 5`)
	g.Type("general", "grace")
	v.Wait("somebody who is typing", `document.querySelector(".typing").textContent !== ""`)
	g.Post("random", "grace", "Thanks!")
	v.Wait("an unread room", `document.querySelector(".place.unread")`)
	v.check(t, "room")
	if v.phone {
		v.Click(".chat .menu-button")
		v.Wait("the drawer", `document.querySelector(".sidebar.open")`)
		v.check(t, "drawer")
		v.Press(webtest.Escape())
	}
	v.Room("kitchen")
	v.check(t, "empty")
	v.Go("room/secret")
	v.Wait("the refusal", `document.querySelector(".log-top").textContent.includes("cannot be entered")`)
	v.check(t, "secret")
}

func checkOrders(t *testing.T, v view) {
	t.Helper()
	v.Go("orders")
	awaitMenu(v.Page)
	if webtest.Eval[bool](v.Page, `!document.querySelector(".menu li:first-child.out")`) {
		sellOut(v.Page)
	}
	v.check(t, "orders")
	order(v.Page, margherita)
	v.Wait("the outcome", `document.querySelector(".result.good")?.textContent.includes("Margherita")`)
	v.Wait("the picture", `document.querySelectorAll(".arrow").length >= 10`)
	v.check(t, "order")
	order(v.Page, salad)
	v.Wait("the refusal", `document.querySelector(".result.bad") && document.querySelector(".arrow.vote-no")`)
	v.check(t, "refused")
}
