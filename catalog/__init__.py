"""What is for sale, in a package for each subject, and the revision that caches depend on."""
