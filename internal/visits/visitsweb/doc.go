// Package visitsweb is the face of visits: how often hosted sites are read, what
// is read most, where readers come from, and which addresses they asked for in
// vain, with a proposal where these should lead.
package visitsweb
