// Package browser draws pages of other people's sites in a real browser and
// measures what markup alone does not show: how wide what is drawn is, how long
// it takes, what axe-core finds, where on the page a thing stands, and a picture
// of that place.
//
// The browser is a child that nobody trusts. It has a profile and a folder of its
// own, a network of its own with nothing in it, bounds on time, memory and files,
// and speaks to this process through two pipes alone. Whatever a page asks for is
// paused, fetched by the house's one way out under its policy (package egress)
// and handed in: the browser cannot reach any machine, whatever runs in it.
// Nothing is sent but GET; popups, downloads, sockets and forms come to nothing.
//
// It decides how a page is drawn and within which bounds. It does not decide
// which pages are drawn (inspection), nor what is wrong with them (check). Where
// no browser is installed, or the machine grants no network of its own, it says
// so and nothing is drawn.
package browser
