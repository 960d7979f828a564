// Package layoutweb is the screens of composition: which sites have which home
// page, the arranging of blocks, previews at several widths, versions, topics,
// and the notice bar.
//
// It decides what stands on a screen and in which words. It does not decide
// what may be published (layout) nor what a page looks like (publishing, handed
// in as a previewer).
package layoutweb
