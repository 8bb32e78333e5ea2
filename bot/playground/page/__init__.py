"""The playground's page: plain HTML, CSS and ES modules, served as they lie here by the workspace's server.

`index.html` is served at `/`, everything else below `/page/static/`. `js/main.js` puts the parts together;
each module's first line says what it is for.
"""
