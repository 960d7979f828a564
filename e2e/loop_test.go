package e2e

import "testing"

func TestSignIn(t *testing.T) {
	h := serve(t)
	b := startBrowser(t, h.addr)
	p := b.person("sheng")
	p.both("workbench")
}
