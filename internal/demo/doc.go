// Package demo fills an empty house with the demo province: the real divisions
// of Shaanxi (codes and names are public facts), and people, sites, items,
// letters, findings and cases that are invented.
//
// It performs every act through the services, as the people it invents, so the
// demo obeys every rule. It decides nothing; it never touches a house that
// already has units, and nothing in it contacts anything but the house itself.
package demo
