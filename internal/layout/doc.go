// Package layout is how staff compose pages without code: home pages and topics
// (专题) of blocks, and what hangs on the notice bar (公告栏).
//
// It decides which blocks there are, what each may be told, when a composition
// may be published (what must be there is there, every column it shows is alive,
// the page is not over-long), who may work on it when two do, what every site
// shows whose sponsor composed nothing, when a topic ends, and when a notice may
// come off the bar.
//
// It does not decide what a block looks like or when it is on the site
// (publishing, which reads what is live here), what stands in a column
// (library), nor how long a notice of Articles 7 and 8 hangs (notice and
// rules/sx2021, which it asks).
package layout
