// Package protection keeps the record of Articles 22 and 24: the 等级保护 of each
// site, app and platform with its assessments, the key devices and security
// products with their certificates, and who hosts what and where.
//
// It decides what is missing (the law is in sx2021.CheckProtection, CheckAsset
// and CheckHosting) and opens the clocks of what expires. It tests nothing on
// the network: where a server really stands is inspection's to see. The
// intervals between two assessments are data with a mark (Intervals), for they
// are not verified.
package protection
