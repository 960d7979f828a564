// Package registryweb is the screens of the ledger: the list of sites with its
// filters and export, a site's page, the forms for its identifiers and columns,
// the switch of monitoring, the accounts, and the intake of files.
//
// It decides what a person sees of the ledger and in which order, and that an
// export holds exactly the rows of the list on screen. What may be entered is
// registry's and the rules' to decide; launch, scores, findings and releases
// have screens of their own, to which a site's page leads.
package registryweb
