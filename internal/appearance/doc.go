// Package appearance holds how hosted sites look: the themes that the province
// has installed and whose signatures it trusts, what each site has chosen of
// them, periods of mourning and emergency front pages.
//
// It decides which bundle may be installed and offered, what a site may choose
// (contrast, logo, freeze in a protected period), that mourning is the
// supervisor's and no single site can undo it, and that an emergency front page
// takes two persons. Choices are kept one after another, so that one act brings
// the one before back.
//
// It does not decide what a bundle may contain or how a page is drawn
// (publishing/theme), nor when a release is switched (publishing).
package appearance
