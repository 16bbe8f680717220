(function(){
var zh=document.getElementById("lang-zh"),en=document.getElementById("lang-en"),kept=null;
function set(){document.documentElement.lang=en.checked?"en":"zh-CN";try{localStorage.setItem("hrgate-lang",en.checked?"en":"zh")}catch(e){}}
try{kept=localStorage.getItem("hrgate-lang")}catch(e){}
if(location.hash==="#en"||(kept==="en"&&location.hash!=="#zh"))en.checked=true;
zh.onchange=en.onchange=set;set();
addEventListener("beforeprint",function(){document.querySelectorAll("details").forEach(function(d){d.open=true})});
document.querySelectorAll(".find").forEach(function(box){box.hidden=false;box.oninput=function(){var q=box.value.trim().toLowerCase();
document.querySelectorAll(box.dataset.of).forEach(function(e){e.hidden=q!==""&&e.textContent.toLowerCase().indexOf(q)<0})}});
document.querySelectorAll("table.sort").forEach(function(table){var body=table.tBodies[0];
table.querySelectorAll("th button").forEach(function(b){b.onclick=function(){var th=b.parentNode,i=th.cellIndex,down=th.getAttribute("aria-sort")==="ascending";
table.querySelectorAll("th").forEach(function(h){h.removeAttribute("aria-sort")});th.setAttribute("aria-sort",down?"descending":"ascending");
function key(r){var c=r.cells[i];return c.dataset.k!==undefined?c.dataset.k:c.textContent.trim()}
Array.from(body.rows).sort(function(a,b){var x=key(a),y=key(b),p=parseFloat(x),q=parseFloat(y),d=isNaN(p)||isNaN(q)?x.localeCompare(y,"zh"):p-q;return down?-d:d}).forEach(function(r){body.appendChild(r)})}})});
})();
