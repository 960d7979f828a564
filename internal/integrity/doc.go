// Package integrity watches that hosted sites serve what was published and
// nothing else (Article 23: 防篡改). On a hosted site any byte that the house did
// not publish is tampering.
//
// It decides how often releases are looked at, on the disk and over the network
// as readers get them, who is told of what was found, and that what can be
// restored is restored: from the copies, or by drawing the site anew. It does not
// decide what was published or how a byte is proven (publishing), nor what is
// served (portal, which refuses by itself whatever does not fit its hash).
package integrity
