"""The web application: pages by domain over the released lake and the services."""
