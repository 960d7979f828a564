// Package closingweb is the face of closing: the project of closing a site
// without loss (columns, archive, redirect map, open items), and the inquiries
// after disappearances with their accountability records.
//
// It decides nothing: the sponsor decides columns and answers, the supervisor
// decides inquiries; whether a site may close is said by lifecycle.
package closingweb
