// Package selfcheckweb is the face of selfcheck: who has done the quarter, the
// form, its confirmation and the problems to be mended.
//
// It shows and takes forms; when a self-check is complete, selfcheck decides.
package selfcheckweb
