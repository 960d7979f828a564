// Package healthweb is the console's door to health: the card of one hosted
// site, the list of all cards, which sorts by its heads and reads on a phone,
// and the figures of publishing, serving and answering.
//
// It decides nothing.
package healthweb
