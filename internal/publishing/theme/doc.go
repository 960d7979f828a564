// Package theme draws the pages of hosted sites: home, column, article, policy
// head, search, messages and the elder layout, with the official page tags, the
// footer's minimum set, feeds, site map and the files robots read.
//
// It decides what a published page looks like and what it must carry
// (网页设计规范 and 网页标签规范 of 国办发〔2017〕47号). All of a page comes from typed values; no text about a real government stands here.
// Pages need no script.
//
// It does not decide what is live, where a page lies (publishing) or who gets
// it (portal).
package theme
